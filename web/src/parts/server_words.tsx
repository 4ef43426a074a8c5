// What the server itself says, for who reads the page in another language.

export function ServerWords({ said }: { said: readonly string[] }) {
  return <>{said.map((sentence) => <span key={sentence} class="block small" lang="en">{sentence}</span>)}</>;
}
