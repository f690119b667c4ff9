import { composeKit } from './compose.ts';
import { dockerKit } from './docker.ts';
import { helmKit } from './helm.ts';
import type { InstallKit, KitKind, KitSpec } from './kit.ts';
import { kubernetesKit } from './kubernetes.ts';
import { shellKit } from './shell.ts';
import { systemdKit } from './systemd.ts';

const makers: Readonly<Record<KitKind, (spec: KitSpec) => InstallKit>> = {
  docker: dockerKit,
  compose: composeKit,
  kubernetes: kubernetesKit,
  helm: helmKit,
  systemd: systemdKit,
  shell: shellKit,
};

/** Writes out how to install a delegate, with everything filled in. */
export function makeKit(kind: KitKind, spec: KitSpec): InstallKit {
  return makers[kind](spec);
}
