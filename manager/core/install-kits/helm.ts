import { buildStep, type InstallKit, image, type KitSpec, reachSteps, resourceName, settingsOf } from './kit.ts';
import { quoteForYaml } from './quoting.ts';
import { statefulSetLines } from './stateful-set.ts';

/** A whole small chart, so that nothing must be fetched from anywhere. */
export function helmKit(spec: KitSpec): InstallKit {
  const release = resourceName(spec.name);
  const name = '{{ .Release.Name | toJson }}';
  const values = [
    '# Holds the token: do not commit it.',
    `image: ${quoteForYaml(image)}`,
    'settings:',
    ...settingsOf(spec).map(([variable, value]) => `  ${variable}: ${quoteForYaml(value)}`),
  ];
  const chart = ['apiVersion: v2', 'name: ticketgate-delegate', 'description: A Ticketgate delegate', 'version: 0.1.0'];
  const template = [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${name}`,
    'type: Opaque',
    'stringData: {{ .Values.settings | toJson }}',
    '---',
    ...statefulSetLines({ name, image: '{{ .Values.image | toJson }}' }),
  ];
  const directory = 'ticketgate-delegate';
  return {
    kind: 'helm',
    files: [
      { path: `${directory}/values.yaml`, text: `${values.join('\n')}\n` },
      { path: `${directory}/Chart.yaml`, text: `${chart.join('\n')}\n` },
      { path: `${directory}/templates/delegate.yaml`, text: `${template.join('\n')}\n` },
    ],
    steps: [
      ...reachSteps(spec),
      buildStep,
      'Push the image to a registry that the cluster reads, and write its name there into values.yaml.',
      `Store the three files. Install them: helm install ${release} ./${directory}`,
      `To stop it: helm uninstall ${release}. It finishes what it has, and leaves; its disk stays.`,
    ],
  };
}
