import { Autocomplete, type AutocompleteProps } from '@mantine/core';

export interface Named {
  readonly name: string;
  readonly label: string;
}

interface NamedInputProps extends Omit<AutocompleteProps, 'data' | 'filter' | 'renderOption' | 'value' | 'onChange'> {
  readonly items: readonly Named[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

const mostShown = 100;

/** Takes the name of a table or field; those that are known are offered by label and name, and others may be typed. */
export function NamedInput({ items, value, onChange, description, ...rest }: NamedInputProps) {
  const labels = new Map(items.map(({ name, label }) => [name, label]));
  return (
    <Autocomplete
      {...rest}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data={[...labels.keys()]}
      limit={mostShown}
      value={value}
      onChange={onChange}
      description={labels.get(value) ?? description}
      filter={({ options, search, limit }) => {
        const wanted = search.trim().toLowerCase();
        const all = labels.has(search);
        return options
          .filter(
            (option) =>
              'value' in option &&
              (all || option.value.includes(wanted) || labels.get(option.value)?.toLowerCase().includes(wanted)),
          )
          .slice(0, limit);
      }}
      renderOption={({ option }) => `${labels.get(option.value)} (${option.value})`}
    />
  );
}
