// One place for short messages: seen for a while in a corner, and read out. Running tasks are seen there too.
import { useEffect, useState } from "preact/hooks";
import { type Message, onMessages } from "../announcements";
import { onTasks, type Task } from "../tasks";
import { t } from "../text";
import { IconButton } from "./button";
import { Icon } from "./icon";
import { Progress } from "./progress";
import { ServerWords } from "./server_words";

const shownFor = 6000;

export function Announcer() {
  const [messages, setMessages] = useState<Message[]>([]);
  const [spoken, setSpoken] = useState("");
  const [tasks, setTasks] = useState<Task[]>([]);
  useEffect(() => {
    const remove = (id: number) => setMessages((all) => all.filter((message) => message.id !== id));
    onMessages((message) => {
      setMessages((all) => [...all, message]);
      // What went wrong stays until it is put away.
      if (message.tone === "good") window.setTimeout(() => remove(message.id), shownFor);
    }, setSpoken);
    onTasks(setTasks);
  }, []);
  return (
    <>
      <div class="unseen" aria-live="polite">{spoken}</div>
      <div class="toasts">
        {tasks.map(({ id, label, job }) => (
          <div key={`task-${id}`} class="toast task">
            <Progress label={label} done={job?.done ?? 0} total={job?.total ?? 0} etaMs={job?.eta_ms ?? null} />
          </div>
        ))}
        <div class="toasts-said" role="status">
        {messages.map(({ id, text, server, tone }) => (
          <div key={id} class={`toast ${tone}`}>
            {tone === "good" ? <Icon name="circle-check" /> : <Icon name="octagon-alert" />}
            <span>{text}<ServerWords said={server} /></span>
            <IconButton icon="x" label={t("common.dismiss")} onClick={() => setMessages((all) => all.filter((one) => one.id !== id))} />
          </div>
        ))}
        </div>
      </div>
    </>
  );
}
