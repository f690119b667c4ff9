/** The HTML that stands in ServiceNow's place when the instance itself does not answer. */

export const hibernatingPage = page(
  'Instance Hibernating page',
  '<div class="instance-hibernating-page"><h1>Your instance is hibernating</h1>' +
    '<p class="information">Sign in to the developer site to wake your instance</p></div>',
);

export const loginPage = page(
  'Log in | ServiceNow',
  '<form id="loginPage" action="login.do" method="post"><h1>Log in</h1>' +
    '<label>User name <input name="user_name"></label>' +
    '<label>Password <input name="user_password" type="password"></label>' +
    '<button type="submit">Log in</button></form>',
);

export const maintenancePage = page(
  'Service Unavailable',
  '<h1>503 Service Unavailable</h1><p>The instance is undergoing maintenance.</p>',
);

export const noNodePage = page('502 Bad Gateway', '<center><h1>502 Bad Gateway</h1></center><hr>');

export const foreignPage = page(
  'Welcome',
  '<h1>Welcome</h1><p>This web server works. Nothing has been put here yet.</p>',
);

export const twoAuthorizationsPage = page('400 Bad Request', '<center><h1>400 Bad Request</h1></center><hr>');

/** What a reverse proxy says of a path that it forwards nowhere. */
export const noSuchAddressPage = page('404 Not Found', '<center><h1>404 Not Found</h1></center><hr>');

export const notFoundPage = page('Page not found', '<h1>Page not found</h1>');

function page(title: string, body: string): string {
  return `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body>${body}</body></html>\n`;
}
