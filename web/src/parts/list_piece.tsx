// A part of a long list, which is in the document only while it is near what is seen.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const near = "1500px 0px";

export function ListPiece({ label, children }: {
  /** What stands for the items while they are far away. */
  label: string;
  children: () => ComponentChildren;
}) {
  const list = useRef<HTMLOListElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = list.current!;
    const observer = new IntersectionObserver((seen) => {
      if (seen[seen.length - 1]!.isIntersecting) setHeight(0);
      // What has the focus, or an open dialog, stays.
      else if (!element.contains(document.activeElement)) setHeight(element.offsetHeight);
    }, { rootMargin: near });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <ol ref={list} class="list-piece" style={{ height: height ? `${height}px` : "" }}>
      {height ? <li class="unseen">{label}</li> : children()}
    </ol>
  );
}
