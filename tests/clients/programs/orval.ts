import * as api from "../generated/orval/holdfast.js";
import { sendFrom } from "./send.js";
import { email, password, required } from "./world.js";

const account = await api.postAuthLogin({ email, password });
if (account.status !== 200) throw new Error(account.data.code);
sendFrom(account.data.access_token);

const found = await api.getFirstAvailable({ kind: "room" });
if (found.status !== 200) throw new Error(found.data.code);
const first = required(found.data.first);
const { start, duration } = first;
const hold = await api.postHolds({ resource_id: first.resource.id, start, duration, party_size: 2 });
if (hold.status !== 201) throw new Error(hold.data.code);
const booked = await api.postHoldsOneConfirm(hold.data.id, {});
if (booked.status !== 200) throw new Error(booked.data.code);
const mine = await api.getReservationsMy();
if (mine.status !== 200) throw new Error(mine.data.code);
console.log(mine.data.upcoming[0]?.code, booked.data.status, booked.data.total_cost, booked.data.currency);
await api.postReservationsOneCancel(booked.data.id, { reason: "Only a test" });
