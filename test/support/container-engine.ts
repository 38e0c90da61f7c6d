import { getContainerRuntimeClient } from 'testcontainers';

/** Before any container test: asked for and impossible is a failure, never a skip. */
export async function setup(): Promise<void> {
  try {
    await getContainerRuntimeClient();
  } catch (error) {
    const advice = 'Start Docker or Podman, or set DOCKER_HOST to where its socket is, and run this again.';
    throw new Error(`No container engine answers. ${advice}`, { cause: error });
  }
}
