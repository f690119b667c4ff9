import { ApiError } from './api-errors.ts';

/** Lets the faults of a refused request name flags, which the user gave, and not JSON pointers, which the user never saw. */
export async function namingFlags<T>(flags: Readonly<Record<string, string>>, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ApiError ? new ApiError(nameFlags(flags, error.problem)) : error;
  }
}

function nameFlags(flags: Readonly<Record<string, string>>, problem: ApiError['problem']): ApiError['problem'] {
  // The longest first: `/scope/applications` before `/scope`.
  const pointers = Object.keys(flags).sort((a, b) => b.length - a.length);
  const rename = (text: string) =>
    pointers.reduce(
      (renamed, pointer) =>
        renamed.replaceAll(new RegExp(`(?<![\\w/])${pointer}(/[\\w/]*)?`, 'g'), flags[pointer] ?? ''),
      text,
    );
  const { faults } = problem;
  return {
    ...problem,
    detail: rename(problem.detail),
    ...(faults ? { faults: faults.map(({ path, message }) => ({ path: rename(path), message })) } : {}),
  };
}
