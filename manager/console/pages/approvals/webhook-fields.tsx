import { Autocomplete, SimpleGrid, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';

interface WebhookFieldsProps {
  readonly url: string;
  readonly secret: string;
  readonly urlFault: string | undefined;
  readonly secretFault: string | undefined;
  readonly onChange: (change: { webhookUrl: string } | { webhookSecret: string }) => void;
}

/** Where the end is sent, and the secret that signs it; only some may see which secrets there are. */
export function WebhookFields({ url, secret, urlFault, secretFault, onChange }: WebhookFieldsProps) {
  const maySee = useMay('operator');
  const secrets = useQuery({
    queryKey: ['secrets'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/secrets', { signal })),
    enabled: maySee,
  });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <TextInput
        label="Webhook URL"
        description="Empty: no webhook is sent"
        placeholder="https://ci.example.com/hooks/gate"
        value={url}
        onChange={({ currentTarget }) => onChange({ webhookUrl: currentTarget.value })}
        error={urlFault}
      />
      <Autocomplete
        label="Signed with secret"
        description="Name of an encrypted secret of at least 24 bytes"
        data={secrets.data?.items.map(({ name }) => name) ?? []}
        value={secret}
        onChange={(webhookSecret) => onChange({ webhookSecret })}
        error={secretFault}
      />
    </SimpleGrid>
  );
}
