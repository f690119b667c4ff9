import { TextLink } from '../parts/links.tsx';
import { Page } from '../parts/page.tsx';

export function NotFound() {
  return (
    <Page title="There is no such page">
      <TextLink to="/">Go to Home</TextLink>
    </Page>
  );
}
