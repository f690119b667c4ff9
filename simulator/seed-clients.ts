/** Programs that may ask for tokens, each with the user whose rights client credentials have. */
export const seedClients = [
  { clientId: 'simulator-client', clientSecret: 'simulator-client-secret', userName: 'integration' },
] as const;

/** The one API key (`x-sn-apikey`) of the instance. */
export const seedApiKey = { key: 'simulator-api-key', userName: 'integration' } as const;
