import { buildStep, type InstallKit, image, type KitSpec, reachSteps, resourceName, settingsOf } from './kit.ts';
import { quoteForYaml } from './quoting.ts';
import { statefulSetLines } from './stateful-set.ts';

export function kubernetesKit(spec: KitSpec): InstallKit {
  const name = resourceName(spec.name);
  const lines = [
    'apiVersion: v1',
    'kind: Secret',
    'metadata:',
    `  name: ${quoteForYaml(name)}`,
    'type: Opaque',
    'stringData:',
    ...settingsOf(spec).map(([variable, value]) => `  ${variable}: ${quoteForYaml(value)}`),
    '---',
    ...statefulSetLines({ name: quoteForYaml(name), image: quoteForYaml(image) }),
  ];
  return {
    kind: 'kubernetes',
    files: [{ path: `${name}.yaml`, text: `${lines.join('\n')}\n` }],
    steps: [
      ...reachSteps(spec),
      buildStep,
      `Push the image to a registry that the cluster reads, and write its name there in place of "${image}".`,
      `Store the file as ${name}.yaml. It holds the token: do not commit it.`,
      `Apply it in the namespace that is to hold it: kubectl apply -f ${name}.yaml`,
      `To stop it: kubectl scale statefulset ${name} --replicas 0. It finishes what it has, and leaves.`,
    ],
  };
}
