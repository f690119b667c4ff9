import { Box, TagsInput, Text } from '@mantine/core';
import { countInWords, holdersOf, tagsOf } from './selector-count.ts';
import { useDelegates } from './use-connectors.ts';

interface SelectorFieldProps {
  readonly value: string[];
  readonly onChange: (selectors: string[]) => void;
  readonly error?: string | undefined;
}

/** Which tags a delegate must hold, and how many that are online do, as it changes. */
export function SelectorField({ value, onChange, error }: SelectorFieldProps) {
  const delegates = useDelegates().data?.items;
  const isNobody = delegates !== undefined && holdersOf(value, delegates).length === 0;
  return (
    <Box>
      <TagsInput
        label="Delegate Selectors"
        description="A delegate must hold all of them. None: any delegate."
        data={delegates ? tagsOf(delegates) : []}
        value={value}
        onChange={onChange}
        error={error}
        splitChars={[',', ' ']}
      />
      <Text role="status" size="sm" mt={4} fw={isNobody ? 600 : undefined} c={isNobody ? 'var(--waiting)' : 'dimmed'}>
        {delegates && countInWords(value, delegates)}
      </Text>
    </Box>
  );
}
