import { ensureN8n } from './install';

/** Installs n8n where it is missing, while something else goes on. Who needs it later waits, or says what failed. */
void ensureN8n().catch(() => undefined);
