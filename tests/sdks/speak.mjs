// Has Polly or STS asked by the AWS SDK for JavaScript, with whatever credentials it finds.
import { PollyClient, SynthesizeSpeechCommand } from "@aws-sdk/client-polly";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const credentials = fromNodeProviderChain();
try {
  if (process.argv[2] === "polly") {
    const request = { OutputFormat: "mp3", Text: "Hello", VoiceId: "Joanna" };
    // Left to itself this client speaks HTTP/2, which the server does not.
    const client = new PollyClient({ credentials, requestHandler: new NodeHttpHandler() });
    const answer = await client.send(new SynthesizeSpeechCommand(request));
    console.log((await answer.AudioStream.transformToByteArray()).length, "bytes of audio");
  } else {
    const answer = await new STSClient({ credentials }).send(new GetCallerIdentityCommand({}));
    console.log(answer.Arn);
  }
} catch (error) {
  console.error(`${error.name}: ${error.message} (HTTP ${error.$metadata?.httpStatusCode})`);
  process.exitCode = 1;
}
