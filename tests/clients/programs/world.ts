/** What each program is told by whoever starts it. */
function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

export const url = given("HOLDFAST_URL");
export const email = given("HOLDFAST_EMAIL");
export const password = given("HOLDFAST_PASSWORD");

export function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("nothing was answered");
  return value;
}
