import { describe, expect, it } from 'vitest';
import { recognisePage } from '../../../delegate/servicenow/page.ts';

describe('recognising pages', () => {
  it.each(['<input ', '<title>', '<title ', '<script', 'class="', '<'])(
    'takes no long time over a page made of %s',
    (piece) => {
      const startedMs = performance.now();
      recognisePage(piece.repeat(100_000));
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    },
  );
});
