/** An icon of the sprite. It says nothing to a screen reader: a label stands beside it, or on its button. */
export function Icon({ name, size = 18 }: { name: string; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} aria-hidden="true">
      <use href={`${SPRITE}#${name}`} />
    </svg>
  );
}

/** The mark: two posts held together by a rope. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect class="logo-ground" width="32" height="32" rx="8" />
      <path class="logo-posts" d="M11 8v16M21 8v16" />
      <path class="logo-rope" d="M11 18.5c3-5 7 0 10-5" />
    </svg>
  );
}
