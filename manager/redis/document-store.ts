import type { Redis } from 'ioredis';
import type { DocumentStore, Replaced } from '../core/documents.ts';
import type { Keys } from './keys.ts';
import { type Script, script } from './script.ts';

interface Document {
  readonly id: string;
  readonly name: string;
}

/** Documents in one hash by id, their names in another: both change together. */
export class RedisDocumentStore<T extends Document> implements DocumentStore<T> {
  readonly #redis: Redis;
  readonly #documents: string;
  readonly #names: string;

  constructor(redis: Redis, keys: Keys, kind: string) {
    this.#redis = redis;
    this.#documents = keys.documents(kind);
    this.#names = keys.documentNames(kind);
  }

  async add(document: T): Promise<boolean> {
    const args = [document.id, fold(document.name), JSON.stringify(document)];
    return (await addScript.run(this.#redis, [this.#documents, this.#names], args)) === 1;
  }

  async replace(document: T, mayGo: (current: T) => boolean = () => true): Promise<Replaced> {
    while (true) {
      const text = await this.#redis.hget(this.#documents, document.id);
      if (text === null) return 'not-found';
      const current = JSON.parse(text) as T;
      if (!mayGo(current)) return 'changed';
      const args = [document.id, text, fold(current.name), fold(document.name), JSON.stringify(document)];
      const done = await replaceScript.run(this.#redis, [this.#documents, this.#names], args);
      if (done !== 0) return done === 1 ? 'replaced' : 'name-taken';
    }
  }

  async change(id: string, change: (current: T) => T): Promise<T | undefined> {
    while (true) {
      const text = await this.#redis.hget(this.#documents, id);
      if (text === null) return undefined;
      const current = JSON.parse(text) as T;
      const changed = change(current);
      if (changed === current) return current;
      const args = [id, text, JSON.stringify(changed)];
      if ((await changeScript.run(this.#redis, [this.#documents], args)) === 1) return changed;
    }
  }

  async remove(id: string): Promise<boolean> {
    const before = await this.get(id);
    if (!before) return false;
    await this.#redis.multi().hdel(this.#documents, id).hdel(this.#names, fold(before.name)).exec();
    return true;
  }

  async get(id: string): Promise<T | undefined> {
    return read<T>(await this.#redis.hget(this.#documents, id));
  }

  async getByName(name: string): Promise<T | undefined> {
    const id = await this.#redis.hget(this.#names, fold(name));
    return id === null ? undefined : this.get(id);
  }

  async list(): Promise<T[]> {
    const all = Object.values(await this.#redis.hgetall(this.#documents)).flatMap((text) => read<T>(text) ?? []);
    return all.sort((a, b) => a.name.localeCompare(b.name));
  }
}

const addScript: Script = script(`
  if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 or redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
  return 1`);

const replaceScript: Script = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  local holder = redis.call('HGET', KEYS[2], ARGV[4])
  if holder and holder ~= ARGV[1] then return 2 end
  redis.call('HDEL', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[1])
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[5])
  return 1`);

const changeScript: Script = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
  return 1`);

function fold(name: string): string {
  return name.trim().toLowerCase();
}

/** We wrote it: parsing what is there needs no schema. */
function read<T>(text: string | null): T | undefined {
  return text === null ? undefined : (JSON.parse(text) as T);
}
