import { packPackage } from '../../../scripts/n8n/package';

/** Packs the package for tests that each start an n8n of their own, as they stop, starve or kill it, or lead it to stand-ins. */
export default function globalSetup(): void {
	process.env.E2E_TARBALL = packPackage();
}
