export interface SeedClient {
  readonly clientId: string;
  /** Empty for a public client, which may only refresh and use passwords. */
  readonly clientSecret: string;
  /** The user whose rights client credentials have. */
  readonly userName: string;
}

/** Programs that may ask for tokens. */
export const seedClients: readonly SeedClient[] = [
  { clientId: 'simulator-client', clientSecret: 'simulator-client-secret', userName: 'integration' },
  { clientId: 'simulator-public-client', clientSecret: '', userName: 'integration' },
];

/** The one API key (`x-sn-apikey`) of the instance. */
export const seedApiKey = { key: 'simulator-api-key', userName: 'integration' } as const;
