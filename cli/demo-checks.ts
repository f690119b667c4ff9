import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Finds the files below a directory that hold one of the texts; tells how many were read. */
export async function searchFiles(
  directory: string,
  texts: readonly string[],
): Promise<{ read: number; bytes: number; hits: string[] }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const needles = texts.map((text) => Buffer.from(text));
  const found = { read: 0, bytes: 0, hits: [] as string[] };
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    found.read += 1;
    found.bytes += content.length;
    if (needles.some((needle) => content.includes(needle))) found.hits.push(path);
  }
  return found;
}

interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly rssKb: number;
  readonly command: string;
}

/** Reads resident memory of processes, and of the redis-server that one of them started, in MB. */
export async function readMemory(
  programs: readonly { name: string; pid: number }[],
): Promise<readonly { name: string; megabytes: number }[]> {
  const entries = await listProcesses();
  return programs.flatMap(({ name, pid }) => {
    const own = entries.find((entry) => entry.pid === pid);
    const redis = entries.find(({ parentPid, command }) => parentPid === pid && command.includes('redis'));
    return [
      ...(own ? [{ name, megabytes: toMegabytes(own) }] : []),
      ...(redis ? [{ name: 'redis', megabytes: toMegabytes(redis) }] : []),
    ];
  });
}

/** None where there is no ps that knows these columns: then the figures are left out. */
async function listProcesses(): Promise<ProcessEntry[]> {
  const columns = ['-o', 'pid=', '-o', 'ppid=', '-o', 'rss=', '-o', 'comm='];
  const listed = await promisify(execFile)('ps', ['-A', ...columns]).catch(() => ({ stdout: '' }));
  return listed.stdout.split('\n').flatMap((line) => {
    const [, pid, parentPid, rssKb, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (command === undefined) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid), rssKb: Number(rssKb), command }];
  });
}

function toMegabytes({ rssKb }: ProcessEntry): number {
  return Math.round(rssKb / 1024);
}
