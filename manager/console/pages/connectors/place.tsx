import { Breadcrumbs, Text } from '@mantine/core';
import { TextLink } from '../../parts/links.tsx';

/** Where these pages lie, in the words of the manual. */
export function Place({ within = false }: { within?: boolean }) {
  return (
    <nav aria-label="Place">
      <Breadcrumbs separator="→" separatorMargin={6}>
        <Text size="sm" c="dimmed">
          Setup
        </Text>
        <Text size="sm" c="dimmed">
          Connectors
        </Text>
        {within && (
          <TextLink to="/connectors" size="sm">
            Collaboration Providers
          </TextLink>
        )}
      </Breadcrumbs>
    </nav>
  );
}
