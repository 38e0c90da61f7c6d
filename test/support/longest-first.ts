import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take minutes. Begun last, they would keep one core busy while the others have nothing left to do. */
const LONGEST = ['integration/crash/program', 'integration/power-cut/'];

/** Begins with the test files that take longest; the rest as vitest would. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((path) => moduleId.includes(path));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
