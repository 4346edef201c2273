import { stringify } from "yaml";
import { Document } from "./document.ts";

process.stdout.write(stringify(Document.definition));
