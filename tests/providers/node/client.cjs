// Talks to a service with a client for Node.js. Each line of the standard input is a
// call, a JSON array of a method such as "lists.getList" and its arguments; each line of
// the output is {"answer": …} or {"refusal": {"status": …, "body": …}}.
const [service, url, key] = process.argv.slice(2);

// The client of each service, and what its promises resolve to and are rejected with.
const services = {
    mailchimp() {
        const {instance} = require("@mailchimp/mailchimp_marketing/src/ApiClient");
        instance.setConfig({apiKey: key, server: "us21"});
        instance.basePath = `${url}/3.0`;
        return {
            client: instance,
            answer: (body) => body,
            refusal: ({status, response}) => ({status, body: response.body}),
        };
    },
    mailerlite() {
        const MailerLite = require("@mailerlite/mailerlite-nodejs").default;
        return {
            client: new MailerLite({api_key: key, base_path: url}),
            answer: ({data}) => data,
            refusal: ({response}) => ({status: response.status, body: response.data}),
        };
    },
    sendgrid() {
        const client = require("@sendgrid/client");
        client.setApiKey(key);
        client.setDefaultRequest("baseUrl", url);
        return {
            client,
            answer: ([, body]) => body,
            refusal: ({code, response}) => ({status: code, body: response.body}),
        };
    },
    unisender() {
        require("unisender/src/config/defaults").url = url;
        const UniSender = require("unisender");
        return {
            client: new UniSender({api_key: key, lang: "en"}),
            answer: (body) => body,
            refusal: (body) => ({status: 200, body}),
        };
    },
};

async function main() {
    const {client, answer, refusal} = services[service]();
    const lines = require("readline").createInterface({input: process.stdin});
    for await (const line of lines) {
        const [method, ...values] = JSON.parse(line);
        const names = method.split(".");
        const name = names.pop();
        const part = names.reduce((whole, one) => whole[one], client);
        const result = await part[name](...values).then(
            (value) => ({answer: answer(value)}),
            (error) => ({refusal: refusal(error)})
        );
        process.stdout.write(`${JSON.stringify(result)}\n`);
    }
}

main();
