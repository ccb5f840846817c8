// Line icons on a 20-unit grid.
const paths = {
  patients: 'M7.500 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 17c0-3 2.500-5 5.500-5s5.500 2 5.500 5M13 3.400a3 3 0 0 1 0 5.300M15 12.400c1.900.7 3 2.400 3 4.600',
  trail: 'M4 3v14M4 5h8M4 10h12M4 15h6',
  accounts: 'M10 9.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400zM3.500 17c0-3.300 2.900-5.300 6.500-5.300s6.500 2 6.500 5.300',
  sessions: 'M3 4h14v9H3zM7 17h6M10 13v4',
  health: 'M2 10h4l2-5 3.500 10L14 10h4',
  about: 'M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM10 9v5M10 6.200v.1',
  me: 'M10 2.500 4 5v4.700c0 3.600 2.600 6.300 6 7.800 3.400-1.500 6-4.200 6-7.800V5z',
  block: 'M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM4.700 4.700l10.600 10.600',
  find: 'M4 17V3M4 4h11l-2.500 3.500L15 11H4',
  detect: 'M10 10l5-4M3.200 14.500a8 8 0 1 1 13.600 0M10 11.200a1.200 1.200 0 1 0 0-2.400 1.200 1.200 0 0 0 0 2.400z',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.500 13.500 17 17',
  close: 'M5 5l10 10M15 5 5 15',
  sun: 'M10 13.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM10 1.500v2M10 16.500v2M1.500 10h2M16.500 10h2M4 4l1.400 1.400M14.600 14.600 16 16M4 16l1.400-1.400M14.600 5.400 16 4',
  moon: 'M16.500 11.500A7 7 0 0 1 8.500 3.500a7 7 0 1 0 8 8z',
  auto: 'M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10 2.500v15',
  eye: 'M1.800 10S4.800 4.500 10 4.500 18.200 10 18.200 10 15.200 15.500 10 15.500 1.800 10 1.800 10zM10 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  print: 'M5.500 7V3h9v4M5.500 14H3V7h14v7h-2.500M5.500 12h9v5h-9z',
  glass: 'M10 2.500v4l-2.500 3 3.500 2-2 6M3 3h14l-1.500 14h-11z',
  alert: 'M10 3 1.800 17h16.400zM10 8v4M10 14.500v.1',
  check: 'M3.500 10.500l4 4 9-9',
  down: 'M5 7.500l5 5 5-5',
  out: 'M8 3H3.500v14H8M12 6l4 4-4 4M16 10H7.500',
  copy: 'M7 7V3h10v10h-4M3 7h10v10H3z',
  more: 'M4 10h.1M10 10h.1M16 10h.1',
  back: 'M12.500 4.500 7 10l5.500 5.500',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.600"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
