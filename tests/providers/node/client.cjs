// Talks to a service with a client for Node.js. Each line of the standard input is a
// call, a JSON array of a method such as "lists.getList" and its arguments; each line of
// the output is {"answer": …} or {"refusal": {"status": …, "body": …}}.
const [service, url, ...secrets] = process.argv.slice(2);
const [key] = secrets;

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
    sendpulse() {
        leadHere(require("https"));
        const api = require("sendpulse-api");
        // It keeps its token in a file of this folder.
        api.init(...secrets, ".");
        return {
            client: new Proxy(api, {get: (_, name) => promising(api[name])}),
            answer: (body) => body,
            refusal: (body) => ({status: 0, body}),
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

// For a client that has its service's address in its code.
function leadHere(https) {
    const {hostname, port} = new URL(url);
    https.request = (options, callback) =>
        require("http").request({...options, hostname, port}, callback);
}

// For functions that take a callback first, and tell refusals as answers.
function promising(method) {
    return (...values) =>
        new Promise((resolve, reject) => {
            method((body) => (refuses(body) ? reject : resolve)(body), ...values);
        });
}

function refuses(body) {
    return Boolean(body.is_error || body.error_code);
}

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
