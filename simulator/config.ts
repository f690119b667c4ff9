import { option } from '#runtime/options.ts';

export const simulatorOptions = {
  host: option.text({ help: 'address to listen on', placeholder: 'ADDRESS', fallback: '127.0.0.1' }),
  port: option.integer({
    help: 'port to listen on; 0 takes any free one',
    minimum: 0,
    maximum: 65_535,
    fallback: 7480,
  }),
  seed: option.integer({
    help: 'the same seed makes the same sys_ids and numbers',
    minimum: 0,
    maximum: 2_147_483_647,
    fallback: 1,
  }),
};
