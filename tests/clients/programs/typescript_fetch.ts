import { AccountsApi, BookingApi, Configuration, FindingATimeApi } from "../generated/typescript/index.js";
import { email, password, required, url } from "./world.js";

const entrance = new AccountsApi(new Configuration({ basePath: url }));
const account = await entrance.postAuthLogin({ signInInputRequest: { email, password } });
const configuration = new Configuration({ basePath: url, accessToken: account.accessToken });
const booking = new BookingApi(configuration);

const found = await new FindingATimeApi(configuration).getFirstAvailable({ kind: "room" });
const { resource, start, duration } = required(found.first);
const holdInputRequest = { resourceId: resource.id, start: start.toISOString(), duration, partySize: 2 };
const hold = await booking.postHolds({ holdInputRequest });
const booked = await booking.postHoldsOneConfirm({ id: hold.id, confirmationInputRequest: {} });
const mine = await booking.getReservationsMy();
console.log(mine.upcoming[0]?.code, booked.status, booked.totalCost, booked.currency);
const cancellationInputRequest = { reason: "Only a test" };
await booking.postReservationsOneCancel({ id: booked.id, cancellationInputRequest });
