// A panel with a table in it: what is being read, what could not be, what to do when there is nothing, and the rows.
// On a narrow screen every row becomes a small card, each cell with the name of its column.
import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { Loading, Problem } from './bits.tsx';
import { Panel } from './page.tsx';
import css from './ui.module.css';

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ReactNode;
  /** head: what the row is about. actions: without a visible name, at the end; corner: so on narrow screens too. */
  kind?: 'head' | 'actions' | 'corner';
}

interface TablePanelProps<Row> {
  title?: string;
  label?: string;
  aside?: ReactNode;
  query: { isPending: boolean; isError: boolean; error: unknown };
  /** What is shown of what was read. */
  rows: Row[] | undefined;
  keyOf: (row: Row) => string;
  /** The row's name, for tests and for those who write styles. */
  nameOf?: (row: Row) => string;
  columns: Column<Row>[];
  /** In the place of the table where there are no rows. */
  empty?: ReactNode;
  /** Between title and table, such as a search. */
  tools?: ReactNode;
  foot?: ReactNode;
  problemTitle?: string;
}

const classOf: Record<NonNullable<Column<unknown>['kind']>, string | undefined> = {
  head: undefined,
  actions: css.end,
  corner: `${css.end} ${css.corner}`,
};

function Cell<Row>({ of: { name, cell, kind }, row }: { of: Column<Row>; row: Row }) {
  if (kind === 'head') {
    return (
      <td>
        <div>{cell(row)}</div>
      </td>
    );
  }
  return kind ? <td className={classOf[kind]}>{cell(row)}</td> : <td data-label={name}>{cell(row)}</td>;
}

export function TablePanel<Row>(props: TablePanelProps<Row>) {
  const { query, rows, keyOf, nameOf, columns, empty, tools, foot } = props;
  return (
    <Panel title={props.title} label={props.label} aside={props.aside} padding="none">
      {tools}
      {query.isPending && <Loading />}
      {query.isError && (
        <div className={css.panelBody}>
          <Problem error={query.error} title={props.problemTitle} />
        </div>
      )}
      {rows?.length === 0 && empty}
      {rows && rows.length > 0 && (
        <div className={css.scroll}>
          <table className={`${css.table} ${css.stack}`}>
            <thead>
              <tr>
                {columns.map(({ name, kind }) => (
                  <th key={name}>
                    {kind === 'actions' || kind === 'corner' ? <VisuallyHidden>{name}</VisuallyHidden> : name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={keyOf(row)} data-row={nameOf?.(row)}>
                  {columns.map((column) => (
                    <Cell key={column.name} of={column} row={row} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {foot}
    </Panel>
  );
}
