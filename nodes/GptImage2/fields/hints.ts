import type { NodeHint } from 'n8n-workflow';

/** The number of images from which 'High' quality deserves a warning before the first run. */
const manyImages = 10;

const makesImages = '$parameter["resource"] === "image"';

/** Nothing is evaluated until the nodes before have run; then each of their items counts. */
const imageCount = '$input.all().length * Number($parameter["numImages"])';

/**
 * What the editor says above the output before the node runs for the first time. The conditions know the
 * node's parameters and its input, but neither n8n's own address nor the environment; the execution hints
 * (`output/hints.ts`) cover what depends on those.
 */
export const hintsBeforeExecution: NodeHint[] = [
	{
		message: `The items ask for ${manyImages} images or more in 'High' quality, and each is paid for. Try one item first, or 'Low' quality, and set a limit with the option 'Max Images'.`,
		type: 'warning',
		location: 'outputPane',
		whenToDisplay: 'beforeExecution',
		displayCondition: `={{ ${makesImages} && $parameter["quality"] === "high" && !$parameter["options"]["maxImages"] && ${imageCount} >= ${manyImages} }}`,
	},
	{
		message:
			"'Callback URL' is empty, so nothing tells your workflows when the images are ready. Fetch them later with 'Run → Get', or enter the production URL of a 'GPT Image 2 Trigger'.",
		type: 'info',
		location: 'outputPane',
		whenToDisplay: 'beforeExecution',
		displayCondition: `={{ ${makesImages} && $parameter["completion"] === "none" && !$parameter["callbackUrl"] }}`,
	},
];
