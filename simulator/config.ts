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
  basePath: option.optionalText({
    help: 'path that everything is served below, as behind a reverse proxy',
    placeholder: '/PATH',
    pattern: /^(\/[A-Za-z0-9._~-]+)+$/,
    expected: 'a path such as /snow',
  }),
  tls: option.flag({ help: 'serve HTTPS with a certificate that nobody trusts' }),
  tlsCert: option.optionalText({ help: 'PEM file of a certificate of your own; serves HTTPS', placeholder: 'FILE' }),
  tlsKey: option.optionalText({ help: 'PEM file of its private key', placeholder: 'FILE' }),
};
