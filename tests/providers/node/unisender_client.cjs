// Makes the calls of its standard input, a JSON array of [method, arguments], one after
// the other, and writes their answers as a JSON array.
const [modules, url, key] = process.argv.slice(2);
require(`${modules}/unisender/src/config/defaults`).url = url;
const UniSender = require(`${modules}/unisender`);

async function main() {
    const client = new UniSender({api_key: key, lang: "en"});
    const answers = [];
    for (const [method, options] of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
        answers.push(await client[method](options).catch((error) => error));
    }
    process.stdout.write(JSON.stringify(answers));
}

main();
