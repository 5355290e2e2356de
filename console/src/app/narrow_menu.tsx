// The sidebar of a narrow screen.
import { SidePanel } from '@/components/dialog.tsx';
import { Navigation } from './navigation.tsx';
import { PersonButton } from './person_button.tsx';
import css from './shell.module.css';

export default function NarrowMenu({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <SidePanel opened={opened} onClose={onClose} title="Menu" size={300}>
      <div className={css.drawerRail}>
        <Navigation />
        <div className={css.foot}>
          <PersonButton />
        </div>
      </div>
    </SidePanel>
  );
}
