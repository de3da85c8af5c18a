// One JSON string per line in, one verdict per line out: does Salesforce's own parser take this text as a query of the
// REST API? Its lexer skips characters it does not know and says so on stderr only; that counts as refused.
const readline = require("node:readline");
const { SOQLParser } = require("@salesforce/soql-common/lib/soql-parser");

let complaints = [];
console.error = (...words) => complaints.push(words.join(" "));

function verdict(soql) {
  complaints = [];
  const parser = SOQLParser({ isApex: false, isMultiCurrencyEnabled: true, apiVersion: 60 });
  const result = parser.parseQuery(soql);
  const reasons = result.getParserErrors().map((error) => error.getMessage());
  return { accepted: result.getSuccess() && complaints.length === 0, why: [...reasons, ...complaints][0] ?? "" };
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(JSON.stringify(verdict(JSON.parse(line))) + "\n");
});
