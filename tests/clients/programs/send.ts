/** How the client that orval makes sends its requests. */
import { url } from "./world.js";

let token = "";

export function sendFrom(accessToken: string): void {
  token = accessToken;
}

export async function send<T>(path: string, options: RequestInit): Promise<T> {
  const headers = new Headers(options.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(url + path, { ...options, headers });
  return { status: answer.status, headers: answer.headers, data: await answer.json() } as T;
}
