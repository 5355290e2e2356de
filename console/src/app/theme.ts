// The look: one accent, ink on paper, hairlines, numbers and addresses in mono. Colours of states stand in global.css.
import type { CSSVariablesResolver, MantineColorsTuple, MantineThemeOverride } from '@mantine/core';

const ink: MantineColorsTuple = [
  '#eef1ff',
  '#dee4fe',
  '#bdc9fc',
  '#98aafa',
  '#7b91f5',
  '#5d75ea',
  '#4760dc',
  '#364cc4',
  '#2c3ea3',
  '#25347f',
];
const slate: MantineColorsTuple = [
  '#e3e6ec',
  '#bcc3d0',
  '#9aa3b4',
  '#6b7588',
  '#414a5b',
  '#2d3442',
  '#20252f',
  '#161a21',
  '#111419',
  '#0b0d11',
];
const gray: MantineColorsTuple = [
  '#f8f9fb',
  '#f1f3f6',
  '#e5e8ed',
  '#d8dce3',
  '#c3c9d3',
  '#9ba3b1',
  '#666f7f',
  '#4a5261',
  '#2f3643',
  '#191e28',
];
const red: MantineColorsTuple = [
  '#fff0ef',
  '#fddedb',
  '#f9bab5',
  '#f4928b',
  '#ee7068',
  '#e2554d',
  '#cf3d37',
  '#b42c28',
  '#94211f',
  '#761819',
];

/** Others have no variables: see build_plugins.ts. */
export const colorsUsed = ['ink', 'dark', 'gray', 'red'];

export const theme: MantineThemeOverride = {
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 6 },
  colors: { ink, dark: slate, gray, red },
  white: '#ffffff',
  black: '#191e28',
  autoContrast: false,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.5' },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '14px' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2.25rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  // As plain objects: what a page does not use is not loaded for the theme's sake.
  components: {
    InputWrapper: { styles: { label: { marginBottom: 4 }, description: { marginBottom: 4 } } },
    Button: { defaultProps: { size: 'sm' } },
    ActionIcon: {
      defaultProps: { variant: 'subtle', color: 'gray' },
      vars: (_theme: unknown, { variant }: { variant?: string }) => ({
        root: variant === 'subtle' ? { '--ai-color': 'var(--mantine-color-dimmed)' } : {},
      }),
    },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: {
      defaultProps: { size: 'sm', allowDeselect: false, checkIconPosition: 'right', comboboxProps: { shadow: 'md' } },
    },
    SegmentedControl: { styles: { root: { backgroundColor: 'var(--kf-quiet-tint)' } } },
    Switch: { defaultProps: { withThumbIndicator: false } },
    Tabs: { defaultProps: { keepMounted: false } },
    Tooltip: {
      defaultProps: { openDelay: 250, withArrow: true, events: { hover: true, focus: true, touch: true } },
    },
    Loader: { defaultProps: { size: 'sm', type: 'dots' } },
  },
};

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfbfc',
    '--mantine-color-dimmed': '#5a6373',
    '--mantine-color-placeholder': '#69727f',
    '--mantine-color-error': '#b42c28',
    '--mantine-color-anchor': '#364cc4',
    '--mantine-color-default-border': '#d3d8e0',
  },
  dark: {
    '--mantine-color-body': '#111419',
    '--mantine-color-dimmed': '#9aa3b4',
    '--mantine-color-placeholder': '#8a93a5',
    '--mantine-color-error': '#ff8f87',
    '--mantine-color-anchor': '#98aafa',
    '--mantine-color-default': '#1b2028',
    '--mantine-color-default-hover': '#232934',
    '--mantine-color-default-border': '#363e4d',
  },
});
