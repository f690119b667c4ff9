import { describe, expect, it } from 'vitest';
import { RedisApprovalStore } from '../../../manager/redis/approval-store.ts';
import { startPollWorld } from '../../support/poll-world.ts';

const sysId = 'a'.repeat(32);

describe('an approval that is forgotten after its end', () => {
  it('leaves neither its id nor the id of its message to the next one with the same key', async () => {
    await using world = await startPollWorld();
    world.instance.set(sysId, { approval: 'requested' });
    const first = await world.start(sysId, { idempotencyKey: 'run-1' });
    await world.manager.approvals.cancel(first, 'somebody');
    expect(await world.start(sysId, { idempotencyKey: 'run-1' })).toBe(first);
    // What its expiry does.
    await world.redis.del(world.keys.approval(first));
    const again = await Promise.all([1, 2, 3].map(() => world.start(sysId, { idempotencyKey: 'run-1' })));
    expect(new Set(again).size).toBe(1);
    expect(again[0]).not.toBe(first);
    expect((await world.view(again[0] ?? '')).state).toBe('waiting');
  });

  it('is kept for two days at least while its end is to be told, however short the retention is', async () => {
    await using world = await startPollWorld();
    world.instance.set(sysId, { approval: 'requested' });
    const webhook = { url: 'https://ci.example/hook', secret: 'hook' };
    const [told, untold] = [await world.start(sysId, { webhook }), await world.start(sysId)];
    const store = new RedisApprovalStore(world.redis, world.keys, 60_000);
    for (const id of [told, untold]) {
      const record = await store.read(id);
      if (!record) throw new Error(`${id} is not there`);
      const evidence = { rule: '', decidedAt: '' };
      const end = { state: 'cancelled', evidence, endedAt: world.clock.now() } as const;
      expect(await store.end(record.spec, record.progress, end, 'other')).toBe(true);
    }
    const twoDays = 2 * 86_400_000;
    expect(await world.redis.pttl(world.keys.approval(told))).toBeGreaterThan(twoDays - 60_000);
    expect(await world.redis.pttl(world.keys.approval(untold))).toBeLessThanOrEqual(60_000);
  });
});
