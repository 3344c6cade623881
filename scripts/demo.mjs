import { ensureDependencies, runTypeScript } from './setup.mjs';

ensureDependencies();
process.exit(runTypeScript('scripts/demo.ts'));
