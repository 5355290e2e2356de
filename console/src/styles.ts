// The order of layers stands in the first.
import '@/app/global.css';
import 'virtual:variables.css';
import '@mantine/core/styles/baseline.layer.css';
