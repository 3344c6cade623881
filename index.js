'use strict';

// n8n finds the nodes and credentials through the "n8n" key of package.json.
// This entry is for people who load the package by hand.
module.exports = {
	...require('./dist/credentials/RunflowApi.credentials'),
	...require('./dist/nodes/GptImage2/GptImage2.node'),
	...require('./dist/nodes/GptImage2/GptImage2Trigger.node'),
};
