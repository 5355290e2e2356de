/** A fence of three pickets; the middle one is a key. */
export const Logo = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
    <rect width="32" height="32" rx="8" fill="var(--mantine-primary-color-filled)" />
    <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
      <path d="M8.5 12v12M23.5 12v12M16 14.5V24M5.5 18h5M21.5 18h5M16 20h3" />
      <circle cx="16" cy="10.5" r="3.7" />
    </g>
  </svg>
);
