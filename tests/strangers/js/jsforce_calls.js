// What a program that uses jsforce does with an org, one call after the other. Arguments: the org's address, a token.
// Prints one JSON object: the answer of each call by its name.
const { Connection } = require("jsforce");

async function calls(connection) {
  const said = {};
  const lead = connection.sobject("Lead");

  said.created = await lead.create({ LastName: "Lovelace", Company: "Engines", Rating: "Hot" });
  said.updated = await lead.update({ Id: said.created.id, Rating: "Cold" });
  said.retrieved = await lead.retrieve(said.created.id);
  said.many = await lead.create([
    { LastName: "First", Company: "Engines" },
    { LastName: "Second", Company: "Engines" },
    { Company: "No name" },
  ]);
  const ids = said.many.filter((one) => one.success).map((one) => one.id);
  said.retrievedMany = await lead.retrieve(ids);
  said.updatedMany = await lead.update(ids.map((Id) => ({ Id, Rating: "Warm" })));
  said.upserted = await connection.sobject("Account").upsert({ Key__c: "K-1", Name: "Keyed" }, "Key__c");
  said.upsertedAgain = await connection.sobject("Account").upsert({ Key__c: "K-1", Name: "Renamed" }, "Key__c");
  said.retrievedByKey = await connection.query("SELECT Name FROM Account WHERE Key__c = 'K-1'");
  said.destroyed = await lead.destroy(ids[0]);
  said.refused = await lead.retrieve(ids[0]).catch((error) => ({ name: error.name, code: error.errorCode }));

  said.page = await connection.query("SELECT Id, LastName FROM Contact ORDER BY LastName");
  said.nextPage = await connection.queryMore(said.page.nextRecordsUrl);
  const fetched = await connection
    .query("SELECT Id FROM Contact ORDER BY LastName")
    .execute({ autoFetch: true, maxFetch: 100000 });
  said.autoFetched = fetched.records.length;
  said.found = await lead
    .find({ Company: "Engines", Rating: { $in: ["Cold", "Warm"] } }, ["LastName", "Owner.Name"])
    .sort({ LastName: 1 })
    .limit(5);
  said.counted = await connection.query("SELECT COUNT() FROM Lead");
  said.grouped = await connection.query("SELECT Rating, COUNT(Id) n FROM Lead GROUP BY Rating ORDER BY Rating");
  said.malformed = await connection
    .query("SELECT Id FORM Lead")
    .catch((error) => ({ name: error.name, code: error.errorCode }));
  said.searched = await connection.search("FIND {Lovelace} IN NAME FIELDS RETURNING Lead(Id, LastName)");

  said.describe = await lead.describe();
  said.describeGlobal = await connection.describeGlobal();
  said.limits = await connection.limits();
  said.limitInfo = connection.limitInfo;
  said.identity = await connection.identity();
  const hour = 3600 * 1000;
  said.changed = await lead.updated(new Date(Date.now() - hour), new Date(Date.now() + hour));
  said.deleted = await lead.deleted(new Date(Date.now() - hour), new Date(Date.now() + hour));

  said.composite = await connection.requestPost("/services/data/v60.0/composite", {
    allOrNone: false,
    compositeRequest: [
      { method: "POST", url: "/services/data/v60.0/sobjects/Lead", referenceId: "made", body: { LastName: "Composed", Company: "Engines" } },
      { method: "GET", url: "/services/data/v60.0/sobjects/Lead/@{made.id}?fields=LastName", referenceId: "seen" },
      { method: "PATCH", url: "/services/data/v60.0/sobjects/Lead/00Q000000000000EAA", referenceId: "lost", body: { Rating: "Hot" } },
    ],
  });

  const exported = [];
  const stream = await connection.bulk2.query("SELECT Id, LastName, Owner.Name FROM Lead ORDER BY LastName");
  for await (const record of stream) exported.push(record);
  said.exported = exported;
  return said;
}

const [instanceUrl, accessToken] = process.argv.slice(2);
calls(new Connection({ instanceUrl, accessToken, version: "60.0" })).then(
  (said) => process.stdout.write(JSON.stringify(said)),
  (error) => {
    process.stderr.write(String(error.stack));
    process.exitCode = 1;
  },
);
