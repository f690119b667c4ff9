import dns from 'node:dns';

/**
 * Loaded into a delegate before its own code: the name of the ServiceNow instance leads each delegate to an address of its
 * own, as the DNS of each site would. So each has a network of its own, under the one base URL that a connector has.
 */
const address = process.env.CHAOS_SERVICENOW_ADDRESS;
const name = process.env.CHAOS_SERVICENOW_NAME;

type Callback = (error: Error | null, address: string | dns.LookupAddress[], family?: number) => void;

const { lookup } = dns;

function lookupAtSite(hostname: string, options: dns.LookupOptions, callback: Callback): void {
  if (hostname !== name || address === undefined) {
    lookup(hostname, options, callback);
    return;
  }
  process.nextTick(() => {
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  });
}

Object.assign(dns, { lookup: lookupAtSite });
