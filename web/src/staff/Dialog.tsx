// A dialog of the staff's page: while many come at once, what was pressed in it waits there.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Busy } from "../shared/components/Busy";
import { Modal, type ModalProps } from "../shared/components/Modal";
import type { Wait } from "../shared/turn";

/** Many come at once: until when the page waits before it asks again. */
export const WaitContext = createContext<Wait | null>(null);

export function Dialog({ children, ...rest }: ModalProps) {
  const wait = useContext(WaitContext);
  return (
    <Modal {...rest}>
      {children}
      {wait && <Busy wait={wait} />}
    </Modal>
  );
}
