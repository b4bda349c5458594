// One shot, safe to repeat: makes the replica set, takes in the members that MONGO_MEMBERS names, and makes the account
// that the four services use. `mongosh --nodb members.js`; docker-compose.yml runs it before them.
"use strict";
const fs = require("fs");

const SET = "quce";
const SERVICES = ["leads", "incentives", "notify", "gateway"];
const ADDRESS = /^mongodb:\/\/([^:@/]+):([^@/]+)@[^/]+\/([^?]*)/;
const PATIENCE = 180000;
const members = process.env.MONGO_MEMBERS.split(",");

function secret(name) {
  return fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
}

function signIn(query) {
  const admin = connect(query).getSiblingDB("admin");
  admin.auth("root", secret("mongo_root_password"));
  return admin;
}

function until(what, attempt) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    let reason = "not yet";
    try {
      const found = attempt();
      if (found) return found;
    } catch (error) {
      reason = error.message;
    }
    if (Date.now() > deadline) throw new Error(`${what}: ${reason}`);
    sleep(1000);
  }
}

function initiate(admin) {
  try {
    admin.runCommand({ replSetGetStatus: 1 });
  } catch (error) {
    if (error.codeName !== "NotYetInitialized") throw error;
    admin.runCommand({ replSetInitiate: { _id: SET, members: [{ _id: 0, host: members[0] }] } });
    print(`replica set ${SET} made on ${members[0]}`);
  }
}

// One at a time, each waited for: so the majority that acknowledges writes never rests on members without data.
function takeIn(admin, host) {
  until(`taking in ${host}`, () => {
    const { config } = admin.runCommand({ replSetGetConfig: 1 });
    if (config.members.some((each) => each.host === host)) return true;
    config.members.push({ _id: Math.max(...config.members.map((each) => each._id)) + 1, host });
    config.version += 1;
    return admin.runCommand({ replSetReconfig: config }).ok;
  });
  until(`${host} to catch up`, () => {
    const status = admin.runCommand({ replSetGetStatus: 1 });
    return status.members.some((each) => each.name === host && ["PRIMARY", "SECONDARY"].includes(each.stateStr));
  });
}

function admit(admin) {
  const [user, password, prefix] = ADDRESS.exec(secret("store_url")).slice(1).map(decodeURIComponent);
  const roles = SERVICES.map((service) => ({ role: "readWrite", db: `${prefix || "quce"}_${service}` }));
  const known = admin.runCommand({ usersInfo: user }).users.length > 0;
  admin.runCommand({ [known ? "updateUser" : "createUser"]: user, pwd: password, roles });
}

initiate(until(members[0], () => signIn(`mongodb://${members[0]}/?directConnection=true`)));
const admin = until("a primary", () => signIn(`mongodb://${members.join(",")}/?replicaSet=${SET}`));
for (const host of members) takeIn(admin, host);
admit(admin);
print(`members: ${members.join(", ")}`);
