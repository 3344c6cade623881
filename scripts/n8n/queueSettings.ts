import { postgresAccount } from './services';

/** The ports of what all processes of queue mode share. */
export interface SharedPorts {
	redis: number;
	postgres: number;
}

/** Returns the settings that main, webhook processes and workers have in common, as environment variables. */
export function queueSettings({ postgres, redis }: SharedPorts): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		N8N_ENCRYPTION_KEY: 'n8n-nodes-runflow',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis),
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres),
		DB_POSTGRESDB_USER: postgresAccount.user,
		DB_POSTGRESDB_DATABASE: postgresAccount.database,
	};
}
