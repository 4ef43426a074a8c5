import { createContext } from "preact";
import type { Session } from "./api_types";

export interface SessionControl {
  session: Session;
  setSession: (session: Session) => void;
}

export const nobody: Session = {
  state: "signed_out", csrf: null, version: null, application: null, needs_code: false, databases: [],
};

/** Who is signed in, and how to change that. */
export const SessionContext = createContext<SessionControl>({ session: nobody, setSession: () => {} });
