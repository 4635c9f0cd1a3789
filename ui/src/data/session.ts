// Who is signed in. The session's token is in this page's memory alone, and ends with it.
import { ApiError, ask, bearer, session } from "./api";

/** Signs in; an ApiError of status 401 says that the name, the password or the code isn't right, or that a code is needed. */
export async function signIn(login: string, password: string, code: string): Promise<void> {
	const { body } = await ask("POST", "/api/sys/tokens", { login, password, ...(code && { otp: code }) });
	bearer.token = (body as { $key: string }).$key;
	session.value = { name: login };
}

export async function signOut(): Promise<void> {
	try {
		await ask("DELETE", `/api/sys/tokens/${bearer.token}`);
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 404) throw error;
	}
	bearer.token = "";
	session.value = null;
}
