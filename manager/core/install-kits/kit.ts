/** The ways to install a delegate that the manager writes out ready to use. */
export const kitKinds = ['docker', 'compose', 'kubernetes', 'helm', 'systemd', 'shell'] as const;
export type KitKind = (typeof kitKinds)[number];

/** What goes into a kit. None of it holds a line break: a name, canonical tags, a URL and a token cannot. */
export interface KitSpec {
  readonly name: string;
  readonly tags: readonly string[];
  readonly managerUrl: string;
  /** The text of a delegate token, which is kept nowhere. */
  readonly token: string;
}

export interface KitFile {
  readonly path: string;
  readonly text: string;
}

export interface InstallKit {
  readonly kind: KitKind;
  readonly files: readonly KitFile[];
  /** What to do with the files, in order. */
  readonly steps: readonly string[];
}

/** What docker/delegate.Dockerfile is built as. */
export const image = 'ticketgate-delegate';

/** Above the drain time-out of 30 s and the last words after it. */
export const stopSeconds = 40;

export const buildStep = `Build the image once, in a clone of Ticketgate: docker build -f docker/delegate.Dockerfile -t ${image} .`;

/** The settings of the delegate by the names of their variables. */
export function settingsOf({ name, tags, managerUrl, token }: KitSpec): [variable: string, value: string][] {
  return [
    ['TICKETGATE_MANAGER', managerUrl],
    ['TICKETGATE_TOKEN', token],
    ['TICKETGATE_NAME', name],
    ...(tags.length === 0 ? [] : [['TICKETGATE_TAGS', tags.join(',')] satisfies [string, string]]),
  ];
}

/** A name for what a platform keeps of the delegate: lower case, letters, digits and hyphens; different for each name. */
export function resourceName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 32)
    .replace(/-$/, '');
  return `ticketgate-${plain}${plain === name ? '' : `-${shortHash(name)}`}`;
}

/** Inside a container the machine's own address is the container. */
export function reachSteps({ managerUrl }: KitSpec): string[] {
  const { hostname } = new URL(managerUrl);
  if (hostname !== 'localhost' && hostname !== '[::1]' && !hostname.startsWith('127.')) return [];
  return [
    `${managerUrl} is this machine only: inside a container it is the container itself. Make the kit again with an address that a container reaches.`,
  ];
}

/** FNV-1a: it tells names apart, and keeps nothing secret. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
