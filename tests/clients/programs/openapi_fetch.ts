import createClient from "openapi-fetch";
import type { paths } from "../generated/schema.js";
import { email, password, required, url } from "./world.js";

const entrance = createClient<paths>({ baseUrl: url });
const account = required((await entrance.POST("/api/auth/login", { body: { email, password } })).data);
const headers = { Authorization: `Bearer ${account.access_token}` };
const api = createClient<paths>({ baseUrl: url, headers });

const found = await api.GET("/api/first-available", { params: { query: { kind: "room" } } });
const first = required(required(found.data).first);
const body = { resource_id: first.resource.id, start: first.start, duration: first.duration, party_size: 2 };
const hold = required((await api.POST("/api/holds", { body })).data);
const params = { path: { id: hold.id } };
const booked = required((await api.POST("/api/holds/{id}/confirm", { params, body: {} })).data);
const mine = required((await api.GET("/api/reservations/my")).data);
console.log(mine.upcoming[0]?.code, booked.status, booked.total_cost, booked.currency);
await api.POST("/api/reservations/{id}/cancel", { params, body: { reason: "Only a test" } });
