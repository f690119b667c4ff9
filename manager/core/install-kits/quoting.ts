/** One word of a shell command. */
export function quoteForShell(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A YAML scalar that is always a string: JSON is valid YAML, but for line ends that only YAML knows. */
export function quoteForYaml(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Compose puts variables in place of `$NAME` after it has read the YAML. */
export function quoteForCompose(text: string): string {
  return quoteForYaml(text.replaceAll('$', '$$$$'));
}

/** A value in an EnvironmentFile= of systemd, which reads double quotes as a shell does. */
export function quoteForEnvironmentFile(text: string): string {
  return `"${text.replaceAll(/["\\`$]/g, '\\$&')}"`;
}
